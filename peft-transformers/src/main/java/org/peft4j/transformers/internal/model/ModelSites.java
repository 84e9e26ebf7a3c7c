package org.peft4j.transformers.internal.model;

import java.util.List;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.StackPart;

/** The sites of each layer of a model. */
public final class ModelSites {
  private final ModelArchitecture model;
  private final StackPart decoder;

  ModelSites(ModelArchitecture model) {
    this.model = model;
    this.decoder = model.decoder();
  }

  public List<Site> embeddings() {
    return decoder.input().sites();
  }

  public List<Site> block(int index) {
    return decoder.blocks().get(index).sites();
  }

  public Site finalNorm() {
    return decoder.norm().orElseThrow().site();
  }

  /** The output layer: a language model's or a classifier's. */
  public Site head() {
    return model.head().linear().site();
  }
}
