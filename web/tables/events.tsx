import type { PageState } from '../shell/page-state.ts';

export function Events({ page }: { page: PageState }) {
  return <p class="empty">{page.place.value.page}</p>;
}
