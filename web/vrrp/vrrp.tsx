import type { PageState } from '../shell/page-state.ts';

export function Vrrp({ page }: { page: PageState }) {
  return <p class="empty">{page.place.value.page}</p>;
}
