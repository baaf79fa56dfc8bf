/** Numbers, durations and dates as people say them: the same words as in reports. */
export * from '#shared/format.ts';
