/**
 * Multitask prompt tuning: one prompt for all tasks, multiplied by a low-rank matrix for each task.
 *
 * @see <a href="https://arxiv.org/abs/2303.02861">Wang et al., Multitask Prompt Tuning Enables
 *     Parameter-Efficient Transfer Learning, 2023</a>
 */
@NullMarked
package org.peft4j.prompt.multitask;

import org.jspecify.annotations.NullMarked;
