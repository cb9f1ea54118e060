/** How often, and when last, an executor was chosen for a job (s_route_use). */
export interface RouteUse {
  readonly uses: number;
  /** By the store's clock, and never equal for two choices of one job. */
  readonly lastUsedAt: number;
}
