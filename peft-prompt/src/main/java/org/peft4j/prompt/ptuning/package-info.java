/**
 * P-tuning: a small network computes the embeddings of virtual tokens from trained ones.
 *
 * @see <a href="https://arxiv.org/abs/2103.10385">Liu et al., GPT Understands, Too, 2021</a>
 */
@NullMarked
package org.peft4j.prompt.ptuning;

import org.jspecify.annotations.NullMarked;
