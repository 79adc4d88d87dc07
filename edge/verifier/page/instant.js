// A moment in UTC to the millisecond, in its one spelling: edge/evidence/instant.py.

import { EvidenceError } from "./errors.js";
import { shown } from "./text.js";

const FORM = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

export class Instant {
  constructor(ms) {
    this.ms = ms;
  }

  /** Only a date and time that exist, in years 0001 to 9999. */
  static parse(text) {
    const moment = FORM.test(text) ? new Date(text) : null;
    const real = moment !== null && !Number.isNaN(moment.getTime());
    if (!real || moment.toISOString() !== text || text.startsWith("0000")) {
      throw new EvidenceError("ENCODING_BAD", "instant", "YYYY-MM-DDThh:mm:ss.sssZ", shown(text));
    }
    return new Instant(moment.getTime());
  }

  toString() {
    return new Date(this.ms).toISOString();
  }

  /** Milliseconds from `other` to this moment. */
  minus(other) {
    return this.ms - other.ms;
  }
}
