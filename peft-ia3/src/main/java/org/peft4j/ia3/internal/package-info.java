/** The injector of (IA)³ and its vectors. */
@NullMarked
package org.peft4j.ia3.internal;

import org.jspecify.annotations.NullMarked;
