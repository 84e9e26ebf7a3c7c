package org.peft4j.transformers.architecture;

import org.peft4j.site.Site;

/** A part with its own parameters: one module of a checkpoint. */
public sealed interface ModulePart
    permits LinearPart,
        EmbeddingPart,
        NormPart,
        ConvolutionPart,
        PatchInput.Learnt,
        HeadPart.Scale {
  /** Its name, shapes and role. */
  Site site();
}
