/** One step of a start, for a person who waits. */
export interface Progress {
  part: 'kafka' | 'registry' | 'mongodb' | 'download'
  message: string
  /** Of `total`; what is counted says the message. */
  done?: number
  total?: number
}

export type OnProgress = (progress: Progress) => void
