/** Describes a model folder, an adapter folder or a safetensors file from headers alone. */
@NullMarked
package org.peft4j.transformers.inspection;

import org.jspecify.annotations.NullMarked;
