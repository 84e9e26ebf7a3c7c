package org.peft4j.plan;

import java.util.List;
import org.peft4j.site.Site;

/**
 * What would train at one site.
 *
 * @param site where
 * @param copy whether it is a copy of the site's own parameters ({@code bias}, {@code
 *     modules_to_save}) instead of the method's adapter
 * @param tensors its trainable tensors
 */
public record PlannedAdapter(Site site, boolean copy, List<PlannedTensor> tensors) {
  public PlannedAdapter {
    tensors = List.copyOf(tensors);
  }

  /** The number of trainable elements. */
  public long count() {
    return tensors.stream().mapToLong(PlannedTensor::count).sum();
  }
}
