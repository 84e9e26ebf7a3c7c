/**
 * Prefix tuning: keys and values of virtual tokens precede those of the input in each attention.
 * Without the projection it is P-tuning v2.
 *
 * @see <a href="https://arxiv.org/abs/2101.00190">Li and Liang, Prefix-Tuning: Optimizing
 *     Continuous Prompts for Generation, 2021</a>
 * @see <a href="https://arxiv.org/abs/2110.07602">Liu et al., P-Tuning v2: Prompt Tuning Can Be
 *     Comparable to Fine-tuning Universally Across Scales and Tasks, 2021</a>
 */
@NullMarked
package org.peft4j.prompt.prefix;

import org.jspecify.annotations.NullMarked;
