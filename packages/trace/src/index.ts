export * from './events.ts'
export * from './traceparent.ts'
export * from './http-reporter.ts'
