/**
 * Chat templates: from messages to the text that a model was trained with, as Hugging Face
 * transformers renders it.
 */
@NullMarked
package org.peft4j.chat;

import org.jspecify.annotations.NullMarked;
