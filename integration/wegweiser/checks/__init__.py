"""Is it still true? Asking organizations and deciding on their answers (verification), what they can correct as text
(facts), their page (answering), the staff's pages (staff), and their lines on the start page (to_do)."""
