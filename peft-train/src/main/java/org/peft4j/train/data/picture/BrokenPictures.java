package org.peft4j.train.data.picture;

/** What happens to files that are no pictures that can be read. */
public enum BrokenPictures {
  /** The first of them ends the reading, by name. */
  REFUSE,
  /** They are left out, and each is named in a warning. */
  SKIP
}
