/** Training data of language models: files to token sequences, token sequences to batches. */
@NullMarked
package org.peft4j.train.data;

import org.jspecify.annotations.NullMarked;
