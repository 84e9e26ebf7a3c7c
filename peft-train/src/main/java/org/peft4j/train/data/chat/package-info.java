/** Rows for supervised fine-tuning: conversations, prompts with completions, and texts. */
@NullMarked
package org.peft4j.train.data.chat;

import org.jspecify.annotations.NullMarked;
