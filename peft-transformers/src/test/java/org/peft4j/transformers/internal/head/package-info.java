@NullMarked
package org.peft4j.transformers.internal.head;

import org.jspecify.annotations.NullMarked;
