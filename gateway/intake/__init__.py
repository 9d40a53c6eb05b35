"""Who is enrolled, what may be asked, and what came."""
