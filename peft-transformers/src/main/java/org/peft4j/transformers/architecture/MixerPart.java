package org.peft4j.transformers.architecture;

import java.util.List;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;

/** What a branch of a block computes: attention mixes positions, a feed-forward part features. */
public sealed interface MixerPart permits AttentionPart, FeedForwardPart {
  /** Its modules, in the order of the forward pass. */
  List<ModulePart> modules();

  /** The sites between its modules. */
  List<Site> places();

  /** What the place after it is for. */
  SiteRole role();
}
