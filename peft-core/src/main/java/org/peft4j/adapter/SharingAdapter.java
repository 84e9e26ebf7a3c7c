package org.peft4j.adapter;

import java.util.List;
import org.peft4j.site.Site;

/**
 * An adapter that also acts at other sites, which share the frozen weight of its own: an output
 * head tied to the table of token embeddings. Its parts there have no tensors of their own; they
 * read its tensors from the pass and add up their gradients there.
 */
public interface SharingAdapter extends Adapter {
  /** The other sites where it acts. */
  List<Site> tied();

  /** Its part at one of {@link #tied}. */
  Adapter at(Site other);
}
