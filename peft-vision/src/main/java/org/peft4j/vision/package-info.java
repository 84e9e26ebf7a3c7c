/**
 * Pictures: files read within limits, and prepared for a model as Hugging Face transformers
 * prepares them.
 */
@NullMarked
package org.peft4j.vision;

import org.jspecify.annotations.NullMarked;
