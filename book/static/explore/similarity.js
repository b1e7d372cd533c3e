explore.start("similarity", (live) => { explore.reading(live)("Here."); });
