package org.peft4j.internal.planning;

import java.util.List;
import org.peft4j.config.CommonConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of names in a config that mean nothing in a model: errors for a new adapter, where
 * they are likely mistakes; warnings for a saved one, whose tensors say what it adapts.
 */
enum IdleNames {
  REFUSED {
    @Override
    void report(String field, List<String> problems) {
      CommonConfig.require(field, problems);
    }
  },
  TOLD {
    @Override
    void report(String field, List<String> problems) {
      if (!problems.isEmpty()) {
        LOG.warn("{} of a saved adapter: {}", field, String.join(" ", problems));
      }
    }
  };

  private static final Logger LOG = LoggerFactory.getLogger(IdleNames.class);

  /** Throws or logs {@code problems}, if there are any. */
  abstract void report(String field, List<String> problems);
}
