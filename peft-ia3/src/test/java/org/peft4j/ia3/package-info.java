@NullMarked
package org.peft4j.ia3;

import org.jspecify.annotations.NullMarked;
