"""Where the lines should stand: what each would have caught, missed and cost, and who says so."""
