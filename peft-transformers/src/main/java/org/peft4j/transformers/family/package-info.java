/** The families of models that the library knows. */
@NullMarked
package org.peft4j.transformers.family;

import org.jspecify.annotations.NullMarked;
