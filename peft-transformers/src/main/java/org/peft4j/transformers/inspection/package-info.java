/** What is in a model folder, an adapter folder or a safetensors file, told from headers alone. */
@NullMarked
package org.peft4j.transformers.inspection;

import org.jspecify.annotations.NullMarked;
