import type { PageState } from '../shell/page-state.ts';

export function Groups({ page }: { page: PageState }) {
  return <p class="empty">{page.place.value.page}</p>;
}
