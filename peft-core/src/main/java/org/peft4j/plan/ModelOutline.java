package org.peft4j.plan;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.site.Site;

/**
 * A model as planning sees it: names and shapes, no arrays.
 *
 * @param sites every site, in the order of the forward pass
 * @param tied the names of sites that share the first embedding's table
 * @param modelType the Hugging Face model type, for default targets
 * @param parameters the number of the model's elements; tied parameters count once
 * @param weightBytes their size in memory
 * @param dataType the data type of adapters
 */
public record ModelOutline(
    List<Site> sites,
    Set<String> tied,
    Optional<String> modelType,
    long parameters,
    long weightBytes,
    DataType dataType) {
  public ModelOutline {
    sites = List.copyOf(sites);
    tied = Set.copyOf(tied);
  }
}
