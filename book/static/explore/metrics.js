explore.start("metrics", (live) => { explore.reading(live)("Here."); });
