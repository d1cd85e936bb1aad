/** The library that writes certificates, lists and requests, with what it needs loaded first. */
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 needs it loaded first
import 'reflect-metadata'

export * from '@peculiar/x509'
