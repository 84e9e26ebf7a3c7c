@NullMarked
package org.peft4j.internal.torch;

import org.jspecify.annotations.NullMarked;
