package org.peft4j.train.internal;

import java.util.List;
import java.util.Map;
import org.peft4j.train.metrics.RunHistory;

/**
 * Where a training stands, and which training it is: {@code training_state.json} of a checkpoint.
 *
 * @param history what was done
 * @param active the adapters that train
 * @param settings the numbers of the training by name: {@code Long}, {@code Double}, {@code
 *     Boolean} or {@code String}
 * @param dataChecksum of the training data
 * @param dataPosition where the data source stands
 * @param maskSeed of the random masks
 * @param maskPasses masks drawn so far
 */
record Position(
    RunHistory history,
    List<String> active,
    Map<String, Object> settings,
    long dataChecksum,
    Map<String, Long> dataPosition,
    long maskSeed,
    long maskPasses) {}
