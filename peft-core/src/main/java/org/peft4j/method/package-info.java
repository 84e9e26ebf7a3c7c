/** The service interface that a method module implements. */
@NullMarked
package org.peft4j.method;

import org.jspecify.annotations.NullMarked;
