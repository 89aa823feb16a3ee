import type { PageState } from '../shell/page-state.ts';

export function Failovers({ page }: { page: PageState }) {
  return <p class="empty">{page.place.value.page}</p>;
}
