"""Names of the invented town, common ones first. Not taken from the lists that linking reads."""

FORENAMES_F = tuple(
    """
    Olivia Sarah Emma Karen Susan Claire Nicola Amy Hannah Jessica Rebecca Laura Gemma Lauren Julie
    Margaret Dorothy Joan Chloe Sophie Katherine Elizabeth Victoria Samantha Jennifer Tracey Donna
    Aisha Fatima Zainab Maryam Priya Anjali Harpreet Simran Nasreen Shabnam Agnieszka Katarzyna
    Małgorzata Joanna Ioana Oksana Natalia Mei Xin Ngozi Chiamaka Adaeze Folake Abena Yewande Hodan
    Leticia Rocío Inês Siobhán Niamh Aoife Róisín Eilidh Catriona Angharad Cerys Bronwen Tamsin
    Philippa Beatrix Ottilie Persephone Saoirse Ayşe Elif Zeynep Nguyet Thandiwe Solveig
    """.split()  # noqa: SIM905 - easier to read
)
FORENAMES_M = tuple(
    """
    James David John Michael Paul Mark Andrew Thomas Daniel Matthew Christopher Stephen Robert
    Richard Peter Ian Gary Kevin Lee Craig Darren Jack Harry Oliver George Ryan Liam Kyle Jordan
    Nathan Mohammed Ahmed Yusuf Bilal Imran Tariq Gurpreet Rajesh Vikram Arjun Piotr Krzysztof
    Tomasz Paweł Andrei Bogdan Dmytro Oleksandr Wei Jun Chukwuemeka Oluwaseun Kwame Kofi Abdirahman
    Tendai João Diego Séamus Pádraig Ruairí Hamish Lachlan Gethin Rhodri Emrys Barnaby Lysander
    Ignatius Mehmet Emre Kerem Duc Sipho Anders Torquil Zoltán
    """.split()  # noqa: SIM905 - easier to read
)
SURNAMES = tuple(
    """
    Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Robinson Wright Thompson Evans
    Walker White Roberts Green Hall Wood Jackson Clarke Khan Lewis Ahmed Singh Kaur Begum Hussain
    Ali Murphy Kelly Campbell Stewart Morris Cooper Ward Turner Hill Moore Clark Harrison Baker
    Martin Morgan Allen Scott Price Bennett Cox Mitchell Carter Richardson Shaw Ellis Barker Marsh
    Holt Kowalski Nowak Wiśniewski Popescu Ionescu Shevchenko Chen Nguyen Okafor Adeyemi Mensah Osei
    Farah Moyo Silva Pereira O'Brien Byrne McDonald MacLeod Griffiths Pritchard Rees Llewellyn
    Yılmaz Demir Dlamini Nilsson
    """.split()  # noqa: SIM905 - easier to read
)

RARE_STARTS = tuple(
    """
    Ash Birt Brack Cold Dun Elv Farn Gals Hather Ings Kirt Lang Marl Nor Oll Penn Quar Raw Sel Thack
    Ul Wether Yar
    """.split()  # noqa: SIM905 - easier to read
)
RARE_ENDS = tuple(
    """
    bridge by combe cott dale er field ford gill ham ingsley land ley mere more sett shaw stone ton
    wood worthy
    """.split()  # noqa: SIM905 - easier to read
)

STREETS = tuple(
    """
    Abbey Albion Bewick Canal Chapel Dyer Factory Foundry Garrison Hawthorn Inkerman Jubilee Kiln
    Lidgate Mafeking Nelson Orchard Pinfold Quarry Ropery Sandal Tenter Union Vicarage Weaver
    Yewtree
    """.split()  # noqa: SIM905 - easier to read
)
KINDS = ("Street", "Road", "Avenue", "Close", "Terrace", "Lane", "Drive", "Grove")

SHORT = {
    "Sarah": "Sal", "Susan": "Sue", "Rebecca": "Becky", "Jessica": "Jess", "Katherine": "Kath",
    "Elizabeth": "Liz", "Victoria": "Vicky", "Samantha": "Sam", "Jennifer": "Jen",
    "Margaret": "Maggie", "Nicola": "Nicky", "Dorothy": "Dot", "James": "Jim", "David": "Dave",
    "Michael": "Mick", "Andrew": "Andy", "Thomas": "Tom", "Daniel": "Dan", "Matthew": "Matt",
    "Christopher": "Chris", "Stephen": "Steve", "Robert": "Rob", "Richard": "Rich", "Peter": "Pete",
    "Mohammed": "Mo", "Kevin": "Kev", "Gary": "Gaz", "Darren": "Daz", "Nathan": "Nate",
    "Agnieszka": "Aga", "Katarzyna": "Kasia", "Małgorzata": "Gosia", "Joanna": "Asia",
    "Krzysztof": "Krzys", "Tomasz": "Tomek", "Oleksandr": "Sasha", "Philippa": "Pip",
    "Gurpreet": "Gurpy", "Chukwuemeka": "Emeka", "Oluwaseun": "Seun",
}  # fmt: skip
"""What people are called by others; of most names there is nothing shorter."""

OTHER_LETTERS = {
    "Oleksandr": "Aleksander", "Dmytro": "Dmitri", "Shevchenko": "Schevchenko", "Yusuf": "Youssef",
    "Mohammed": "Muhammad", "Ahmed": "Ahmad", "Hussain": "Hussein", "Zainab": "Zaynab",
    "Fatima": "Fatema", "Maryam": "Mariam", "Tariq": "Tarek", "Natalia": "Nataliya",
    "Oksana": "Oxana", "Imran": "Emran", "Adeyemi": "Adeyemie", "Farah": "Faarax",
    "Wiśniewski": "Wisniewski", "Paweł": "Pawel", "Małgorzata": "Malgorzata", "João": "Joao",
    "Séamus": "Seamus", "Pádraig": "Padraic", "Siobhán": "Shivaun", "Yılmaz": "Yilmaz",
}  # fmt: skip
"""The same name in other letters."""
