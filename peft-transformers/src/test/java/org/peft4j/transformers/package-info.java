/** Tests. */
@NullMarked
package org.peft4j.transformers;

import org.jspecify.annotations.NullMarked;
