"""Files of an ESE database, and what eseutil and Exchange say of them: bytes and text to facts."""
