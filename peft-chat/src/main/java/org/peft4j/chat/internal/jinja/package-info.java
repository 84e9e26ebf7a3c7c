/**
 * jinja2's language as Hugging Face's chat templates use it: from the text of a template over
 * tokens to statements that run.
 */
@NullMarked
package org.peft4j.chat.internal.jinja;

import org.jspecify.annotations.NullMarked;
