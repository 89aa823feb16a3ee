import type { PageState } from '../shell/page-state.ts';

export function Neighbors({ page }: { page: PageState }) {
  return <p class="empty">{page.place.value.page}</p>;
}
