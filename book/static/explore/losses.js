explore.start("losses", (live) => { explore.reading(live)("Here."); });
