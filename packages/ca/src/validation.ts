/** The second of four doors: for servers, who ask whether a certificate is good and whose it is. */
export {
  type CertificateValidation,
  certificateValidation,
  type ValidationOptions,
} from './validation/certificate-validation.ts'
export { subjectMatches } from './validation/subject-matches.ts'
export type { Purpose, Refusal, ValidationClause, Verdict } from './validation/verdict.ts'
