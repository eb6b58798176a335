/** The bytes that mean something to whoever cuts JSON into pieces (RFC 8259 section 2). */

export const NEWLINE = 0x0a;
/** This byte and all below it are blanks, or nothing that JSON allows outside of a string. */
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
