/**
 * Fine-tuning of causal language models: the training loop, its schedules, metrics and checkpoints.
 */
@NullMarked
package org.peft4j.train;

import org.jspecify.annotations.NullMarked;
