package org.peft4j.diffusion.internal.architecture;

import java.util.List;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.LinearPart;

/**
 * An attention between pixels, or from pixels to the states of a text.
 *
 * @param query maps pixels to queries
 * @param key maps pixels, or the text's states, to keys
 * @param value maps the same to values
 * @param output maps what the heads found back
 * @param heads a divisor of the queries' width
 * @param readsText whether keys and values come from the text
 */
public record AttentionMaps(
    LinearPart query,
    LinearPart key,
    LinearPart value,
    LinearPart output,
    int heads,
    boolean readsText) {
  /** The width of a head. */
  public long headSize() {
    return query.outputs() / heads;
  }

  /** Its sites, in the order of the forward pass. */
  public List<Site> sites() {
    return List.of(query.site(), key.site(), value.site(), output.site());
  }
}
