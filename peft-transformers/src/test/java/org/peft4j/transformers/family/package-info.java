/** Tests. */
@NullMarked
package org.peft4j.transformers.family;

import org.jspecify.annotations.NullMarked;
