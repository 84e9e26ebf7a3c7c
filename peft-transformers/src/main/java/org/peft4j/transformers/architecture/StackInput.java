package org.peft4j.transformers.architecture;

import java.util.List;
import java.util.Optional;
import org.peft4j.site.Site;

/** What maps the input of a stack to its first hidden states [batch, time, width]. */
public sealed interface StackInput permits InputPart, PatchInput {
  /** The width of the first hidden states. */
  long width();

  /** The table of tokens; empty for a stack that reads pictures. */
  Optional<EmbeddingPart> table();

  /** Its modules, in the order of the forward pass. */
  List<ModulePart> modules();

  /** The sites of its modules, then that of prompts, if it has one. */
  List<Site> sites();
}
