/**
 * A model's architecture as data: its parts, and where each part's weights are in a checkpoint.
 * Sites, graphs, plans, checkpoints and random weights all follow from it.
 */
@NullMarked
package org.peft4j.transformers.architecture;

import org.jspecify.annotations.NullMarked;
