/** They mirror one run of one sensor and are emptied when another begins; children before what they refer to. */
export const LIVE_TABLES = ['sessions', 'daemons', 'destinations', 'services', 'segments', 'anomalies', 'alerts'] as const;
