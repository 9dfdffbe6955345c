"""First names, nicknames and common surnames of people in the United Kingdom: small tables.

Shares are rough orders of magnitude for the United Kingdom, good to a bit or so of weight. Names
that are not listed count as uncommon.
"""

from collections.abc import Iterable, Mapping

from triage.identify.lexicon import words

TITLES = words("mr mrs ms miss mx dr doctor prof professor rev reverend sir dame lady lord cllr")
FEMALE_TITLES = words("mrs ms miss dame lady")
MALE_TITLES = words("mr sir lord")
RANKS = words(
    "pc pcso dc ds di dci dcs sgt sergeant insp inspector constable wpc officer detective"
    " superintendent supt chief det cop copper policeman policewoman"
)
PARTICLES = words(
    "de da do dos das del della di du la le van von der den ter ten el al bin ibn bint abu ap"
    " st mac mc o of y"
)

# log2 of how many people share one bearer of the surname: one in 84, 170, 340, 590, 1000.
_SURNAMES = """
6.4: smith jones
7.4: williams taylor brown davies evans khan patel
8.4: wilson thomas johnson roberts robinson thompson wright walker white edwards hughes green
8.4: hall lewis harris clarke jackson singh ali ahmed hussain begum
9.2: wood turner martin cooper hill ward morris moore clark lee king baker harrison morgan
9.2: allen james scott phillips watson davis parker price bennett young griffiths mitchell
9.2: kelly cook carter richardson bailey collins bell shaw murphy miller cox richards kaur
9.2: marshall anderson simpson ellis adams mohamed campbell stewart macdonald miah islam shah
10.0: wilkinson foster chapman mason rogers webb gray hunt mills holmes palmer matthews gibson
10.0: powell fisher barnes knight lloyd butler russell barker stevens jenkins dixon fletcher
10.0: harvey rahman malik iqbal akhtar hussein hassan uddin chowdhury choudhury sharma murray
10.0: graham reid ross henderson paterson kennedy burns doyle ryan byrne walsh obrien oconnor
10.0: osullivan lynch mcdonald mackenzie robertson hamilton johnston ferguson grant pearson ford
10.0: wells reynolds saunders fox day hudson cole andrews burton carr wallace west hunter
10.0: spencer gordon dean perry brooks lawrence payne lawson nguyen chen li wong sandhu gill
10.0: dhillon rana mahmood aslam ibrahim abdi mohammed williamson cunningham
"""

# The same for forenames: one in 84, 140, 220.
_FORENAMES = """
6.4: david john paul james michael andrew sarah susan mohammed
7.1: peter mark robert stephen richard christopher daniel thomas matthew william margaret mary
7.1: elizabeth patricia christine linda karen emma helen jacqueline claire julie
7.8: jean joan anthony simon kevin ian gary steven martin george jonathan alan nicholas brian
7.8: joseph benjamin samuel alexander adam luke jack ryan craig lee jason stuart graham keith
7.8: kenneth philip colin edward charles derek dean carl neil barry roger ronald joshua jake
7.8: oliver harry liam callum connor jordan kieran lewis nathan scott sean laura rebecca rachel
7.8: lisa michelle nicola sharon amanda tracey deborah janet carol jennifer barbara sandra
7.8: angela jane anne ann diane catherine katherine louise joanne victoria samantha charlotte
7.8: lucy hannah jessica amy sophie chloe emily katie gemma kelly kerry stacey natalie danielle
7.8: leanne donna dawn wendy gillian lesley alison lorraine maureen dorothy sheila pauline
7.8: marie sally zoe abigail olivia ali ahmed maria
"""

_OTHER_FORENAMES = """
bev gaz daz baz caz maz jase dez viv ang fi gem hels mads soph abs cal dec jord kris mitch stace
kash jools zo nath ern tone bri hamid fozia lucia amadou ionela bartek aga
aaron abbie abby abdi abdirahman abdul abdullah abena abigail abraham adaeze adam adeel adele
adnan adrian agnes agnieszka aidan aileen aimee aisha aisling akin alan alastair albert aldo alec
aleksandra alena alex alexa alexandra alexis alf alfie alfred alice alicia alina alisha alison
allan allison alma alvin amal amanda amara amber amelia amina amir amira amit amrit ana anastasia
andre andrea andreea andrei andrzej aneta angelica angus anil anisa anita anjali anna annabel
annalise anneka annette annie antonia antonio antony anya april arabella archie ariana arjun
arlene arlo arnold arthur arya asha ashley ashton asif asim asma astrid aubrey audrey august
austin autumn ava avril ayaan ayesha aziz babak bailey baljit barbra barney bartosz basil beata
beatrice beatrix becky belinda ben benedict benjamin bernadette bernard bernice bert beryl bess
beth bethan bethany betty beverley bhavna bilal bill billie billy blake blanche blessing bob
bobby bogdan bonnie boris brad bradley brandon brenda brendan brett brian brianna bridget bronwyn
brooke bruce bruno bryan bryn bryony bushra byron caitlin caleb calum calvin cameron camilla
camille cara carla carly carmel carmen carole caroline carolyn carrie carys casey cassandra
cassie cath catherine cathy catrin cecil cecilia cedric celia chad chantelle charlene charlie
charmaine chelsea cheryl chidi chioma chloe chris christian christina christopher ciara ciaran
cindy clair clara clare clarence claude claudia claudette clayton clement cliff clifford clive
cody colette colleen conall connie conor constance cora corey corinne courtney craig crystal
curtis cynthia cyril cyrus daisy dale damian damien damon dan dane dani daniela danny daphne
dariusz darius darrel darrell darren darryl dave davina dawn deana deano debbie debra declan deepa
deirdre delia delroy demi denis denise dennis denzel derek dermot derrick desmond destiny devon
dexter diana dilys dina dmitri dominic dominik dominique dora doreen doris dorota dot doug
douglas duncan dustin dwayne dylan eamon earl ebony eddie eden edgar edith edmund edna edwin edyta
eileen eilidh elaine eleanor elena eli elias elijah elin elinor elise elisha eliza ella elle ellen
ellie elliot elliott ellis elsa elsie elspeth elton elvis emanuel emelia emile emilia emilio
emmanuel enid eric erica erik erin ernest esme esther ethan ethel etta euan eugene eunice eva evan
eve evelyn evie ewa ewan ezra fabian fahad faisal faith faiza fara farah farhan farida fatima
fatuma faye felicity felix femi ferdinand fern fernando fiona fleur flora florence floyd frances
francesca francis francisco frank frankie franklin fred freda freddie frederick freya fumiko funmi
gabriel gabriela gabrielle gail gareth garry gavin gaynor gemma geoff geoffrey georgia georgina
gerald geraldine gerard gertrude gethin ghulam gia gideon gilbert giles gina giovanni gladys glen
glenda glenn gloria glyn glynis godfrey gordon grace greg gregory greta griff grzegorz guido
gurdeep gurleen gus guy gwen gwendoline gwyneth habiba hadiya hafsa haider halima halyna hamish
hamza hanna harjit harjinder harold haroon harpreet harriet harrison harvey hasan hassan hayden
hayley hazel heather hector heidi helena helga henrietta henry herbert hilary hilda hina hodan
holly hope horace howard hubert huda hugh hugo humphrey huw iain ibrahim ida idris ifan ifeoma
ignacy igor ihor ilona imani imogen imran ina inderjit ines ingrid ioana ion iona ira irene irfan
iris irma irving iryna isaac isabel isabella isabelle isaiah isha isla ismail isobel issa ivan
ivor ivy izabela jackie jacob jacqui jada jade jagdeep jai jaime jakub jamal jameela jamie jan
jana janice janine jared jarek jarrod jasmin jasmine jasper jaspreet jay jayden jayne jaz jean
jeanette jeff jeffrey jemima jenna jennie jenny jeremiah jeremy jermaine jerome jerry jess jessie
jez jill jim jimmy joanna joao jocelyn jodie joe joel joey johanna johnny jon jonah jorge jose
josef josephine josh josie joy joyce juan juana jude judith judy julia julian juliana julianna
juliet june justin justina justine justyna jyoti kacper kai kaleb kamal kamila kamran kane kareem
karim karina karl karolina kashif kasia kasim kat katarzyna kate kateryna kath katharine kathleen
kathryn kathy katrina katy kay kaya kayla kayleigh kaz keira keeley keisha keith kelechi kelly
kelsey kelvin kemi ken kendra kenny keri kez khadija khalid khalil kiera kiran kirk kirsten
kirsty kit kitty kofi kojo krishna kristian kristina krystyna krzysztof kuba kuldeep kumar kwame
kyle kyra kyran lacey laila lana lance lara larissa larry latoya lauren laurence laurie lavinia
lawrence layla leah leanna leena leigh leila lena lennox lenny leo leon leona leonard leonie leroy
les leslie leszek letitia lewis lexi liban lidia lila lilian lillian lily lina lindsay lindsey
linzi lionel livia liz liza lloyd logan lois lola loretta lorna lottie lou louie louis louisa
lubna luca lucas lucia lucille lucinda lucjan ludmila luis luisa lukasz lydia lyn lynda lynette
lynn lynne lynsey mabel maciej mackenzie maddie maddison madeleine madison magda magdalena maggie
maisie maksym malcolm malgorzata mandeep mandy manjit manoj manuel mara marc marcel marcia marcin
marco marcus maretta margot maria mariam marian marianne mariusz marilyn marina mario marion
marissa marjorie marlene marlon marsha martha martina martyn marvin maryam mateusz matilda matt
maud maurice mavis max maxine maxwell maya megan meera mehmet mei mel melanie melinda melissa
melvin mercy meredith mia micah micheal mick mickey miguel mihaela mihai mike mikey mila mildred
miles millicent millie milly milo mimi mina mindy minnie mira miranda miriam mitchell mo moira
molly mona monica monika monique morag morgan morris moses moira muhsin muriel mustafa myra myron
myrtle nadia nadine nadeem naeem nafisa naheed naila nana nancy naomi nasir nasreen natalia
natasha nathaniel naveed navdeep nazia ned neha nell nellie nelson nerys neville ngozi nia niall
niamh nicholas nick nicky nico nicole nicolette nigel nikhil nikita nikki nikolai nimra nina nisha
nita noah noel noelle nora noreen norma norman nour nur nuala nusrat octavia oksana ola olaf
oleksandr olena olga olive olivier ollie olu oluwaseun omar ondine ophelia oscar oskar osman oswald
otis otto owain owen pablo paige palmira pam pamela parminder pat patience patrick patryk patsy
paula paulina pawel pearl pedro peggy penelope penny percy perpetua perry petra petros phil
philippa phillip phoebe phyllis pierre piers piotr pippa polly pooja poppy precious priscilla
priya quentin quincy rabia rachael radek rafal rafael rafiq rahul raheem raj rajesh ralph ramona
ramesh randall raphael rashid raul ravi ray raymond raza reece reena reg regina reginald rehana
rekha remi renata rene reuben rex reza rhian rhiannon rhoda rhona rhys ricardo rich rick rickie
ricky riley rita rizwan rob robbie roberta roberto robin robyn roderick rodney roisin roland
roman ronan ronnie rory rosa rosalind rosamund rose rosemary rosie roxanne roy rozalia ruby rudolf
rufus rukhsana rupert russell ruth ryszard sabina sabrina sadia sadie safia sahra saima sajid
sakina salim salma salman sam samina samir samira sana sandeep sandie sandy sania sanjay sara
sasha saul savannah scarlett seamus sebastian selina selma serena serhii seth shabana shabir shah
shahid shaheen shakil shane shanice shannon shanon sharmin shaun shauna shawn shazia sheena
shelby sheldon shelley shereen sheridan shirley shona shreya shreyas sian sidney sienna sigrid
silas silvia simone simran sinead siobhan skye sobia sofia sol solomon sonia sonja sonny sophia
spencer stacy stan stanislaw stanley stefan stefania stella steph stephanie stephan steve stevie
stewart stu sue suki sukhdeep sukhi suleiman sultana suman sumaira summer sunil sunita suresh
susanna susanne suzanne suzie svetlana sybil sylvia sylwia syed tabitha talia tamara tamsin tania
tanisha tanya tara tariq tasha tasnim tatiana tatyana taylor ted teddy tegan tendai terence teresa
terri terry tess tessa thelma theo theodore theresa tia tiago tiffany tilly tim timothy tina toby
todd tom tomas tomasz tommy tony torin tracy travis trevor tricia trina trish tristan trudy tunde
tyler tyrone una ursula uzma valentina valerie vanessa vasile vaughan vera vernon veronica vicki
vicky victor vijay vikram vince vincent viola violet virginia vivek vivian vivien vivienne vladimir
wahid walter wanda wanjiku waqas warren wayne wendell wesley wilbur wilf wilfred wilhelmina
willow winifred winston wojciech wayne xander yara yasir yasmeen yasmin yasmine yolanda yousef
yuliya yuri yusuf yvette yvonne zac zach zachary zahid zahra zain zainab zak zara zbigniew zeeshan
zelda zena zofia zoltan zuzanna zubair
zuleikha
aadil aakash aaliyah aamir aarav aaron abeer abhishek abimbola abiodun abu adebayo adeola adewale
aditi aditya adwoa afia afsana agata ahsan aiden aiza ajay akash akosua akua alexandru alisa aliya
aliyah ama amadou amanpreet amara amardeep ambreen aminata amna amrita anam ananya anastazja
andrii anh anika aniket anisha ankit ankita anthea anum anusha anwar apinya araminta arif arooj
arsalan artem arwa ashfaq ashok asmaa atif ayaan ayah ayo ayodele azra bahar balvinder bano
basharat beena bharat bhavesh bhavika binta biodun blessing bogdana bohdan bola bolaji bozena
bronislaw bukola catalin cezary chandra charanjit chiamaka chidinma chijioke chika chinedu chinwe
chukwudi cosmin costel daljit damilola danuta danylo daryna davinder deborah deepak deepika
delphine denys devi dhruv dilip dilshad dinesh dipak diya dolapo dorina doru dragos ebenezer ebony
ebru efua eilish ekene elif emeka emine emre eniola enrique ernestine esra ewelina ezgi faisa
falak fareeda farrukh farzana fatema fatou fawad feng fiaz florin folake fouzia furqan gabor
gagandeep ganesh gauri geeta georgi gita gloria goran gulshan gurmeet gurpreet gurvinder habib
hafiz haleema hameed hamid haris harish harmeet haroun harsh hasina hassana hayat heena hicham
hira hui humaira husna idowu ifeanyi ifra ijeoma ikram ilaria imad inaya ines iqra irem irfana
isabela ishaan ishrat ivana iwona jaafar jahid jamila jan janusz jaroslaw javed jaya jayesh jerzy
jia jing joan jolanta jovana jozef juma jun juned kabir kajal kalpana kalsoom kamaljit kanwal
karan karolis kashaf kasper katrin kaushik kavita kazimierz kehinde kenan kerem khalida khansa
khurram khushi kinga kiran kishan komal kris krystian kuba kulsum kulwinder kunal kwabena kwaku
kwasi lakshmi lateefah latif laxmi leszek lin ling linh liudmyla loredana lucian lukas lyudmyla
madiha mahir mahnoor majid malika manish manisha manpreet mansoor maqsood marek mariana mariia
marija marta maryna masood mateo maura mazhar meena mehak mehreen mehwish meltem mesut mihail
milan milena mina mircea mirela mohini mohsin mona monir moussa mubarak mudassar mukesh muneeb
murad musa mustafa mykola nabeel nabila nadiya nafeesa nagina nahid naima najma nana nasra nasreen
nataliia natalija naz nazir neelam neeraj neeta nguyen nilufar nimco nirmala nishat noman norbert
noreen noura nusaybah obinna oleg oleh olha olivia oluwatobi omari omolara onyeka opeyemi orla
osagie osas osman ovidiu oyinkola pankaj parveen parvez paulo pavel petronela phuong pinar piyush
poonam prakash pranav prashant pratik preeti prem priyanka puneet qasim quadri qurat raanan rabeea
radoslaw raduta rafia rahim rahima rajan rajinder rajiv raju rakesh ramandeep ramona ranjit
rashida rashmi razia razvan reema rehan rekha remzi renuka riaz riya rizwana robina rohan rohit
roksana roman ronke roshan roxana rubab rubina rukia ruta ruxandra saad saba sabeena sabir sadaf
sadaqat sadiq safeena sagar saif saira sakib saleem saleh salima samia sandhya sangeeta sanjana
sanjeev santosh saqib sarwat satnam satwinder seema selim semra seun seyi shabbir shabnam shafiq
shahbaz shaheena shahida shahin shahzad shaista shakeel shakira shama shamim shamsa shanaz shanti
sharif sharon shazad sheetal shehnaz shekhar shivani shoaib shruti shu siddharth sidra sikander
simra sinan sindhu slawomir sneha sohail sonal sonam sorin stanislava subhash sudha sufyan suhail
sukhjit sukhvinder sunny sushma svitlana swati szymon tabassum tahira taiwo talha tamim tanvir
tanzeela taras tarun tasleem tatjana tayyab tayyaba temitope tendayi teodor tesfaye tetiana thandi
thanh thuy toba tolu tomasz tope toyin tuan tudor tulay uche uchenna udo ugo umair umara umme
urooj usha uzoma vadim vaida valentin valeriia vandana varun vasyl veena vesna vijaya viktoria
viktoriia vinod violeta vishal vitalie vitalii vlad volodymyr waheeda wai wajid waleed warda wasim
weronika wiktor wiktoria wioletta wladyslaw xavier xia xin yan yanis yaqub yash yaw yelena yetunde
ying yinka ylenia yoana yogesh yolanta youssef yuki yunus yuriy yusra zafar zaheer zahida zaid
zakaria zakir zaman zara zarina zeynep zhanna ziad zilan zofia zoran zubaida zulfiqar zunaira
"""

# Each line is one person's possible first names; the first is the one the others stand for.
_NICKNAMES = """
alexander alex al alec alexandr aleksander aleksandr oleksandr sasha sacha xander sandy lex
alexandra alex alexa sandra lexi lexie sasha aleksandra
alfred alf alfie fred
amanda mandy
andrew andy drew andrei andrzej andre andriy andreas
angela ange angie ang
anthony tony ant antony anton antoni
arthur art artie
barbara barb babs barbra
benjamin ben benny benji
bernard bernie
bradley brad
beverley bev
barry baz bazza
gary gaz gazza garry
gareth gaz
darren daz dazza darran
jason jase jay
carol caz
marion maz
desmond des dez
vivienne viv vivian
fiona fi
gemma gem
helen hels nell
madeleine mads maddie
sophie soph
ashley ash
callum cal calum
declan dec
jordan jord
stacey stace stacy
brian bri bryan
cameron cam
caroline carrie caz caro
catherine cath cathy kate katie katy kat kathy kitty katherine kathryn katharine cathryn katrina
charles charlie chas chaz chuck
charlotte charlie lottie char
christina tina chris chrissie christine kristina kirsty
christopher chris kit topher
christine chris chrissie tina
daniel dan danny
danielle dani
david dave davey davy dai
deborah deb debbie debs debra
dennis den denny denis
derek del derrick
donald don donnie
dorothy dot dotty dottie
douglas doug dougie
edward ed eddie ted teddy ned
eleanor ellie nell elinor nellie nora
elizabeth liz lizzie beth betty libby eliza lisa bess betsy lizzy elisabeth elspeth
emily em emmy
emma em ems
eugene gene
florence flo florrie
frances fran francesca frankie
francis frank frankie
frederick fred freddie freddy fredrick
gabriel gabe
gabrielle gabby
geoffrey geoff jeff jeffrey
george georgie
gerald gerry ged jerry gerard
gillian gill jill
graham gray grahame graeme
gregory greg gregg
harold harry hal
henry harry hal hank
hugh hughie huw
isabella bella izzy isabel isabelle isobel
jacqueline jackie jacqui jac
jacob jake jakub kuba yakub yaqub
james jim jimmy jamie jem jaz
janet jan
jasmine jas jaz jasmin yasmin
jennifer jen jenny jenni jennie
jeremy jez jerry
jessica jess jessie
joanne jo joanna joan
john jack johnny jon jonny jonathan
jonathan jon jonny john nathan
joseph joe joey jo josef yusuf
josephine jo josie
joshua josh
judith judy jude
julian jules
julie jules julia juliet
karen kaz
kathleen kath kathy kathie kay
kenneth ken kenny
kevin kev
kieran kez ciaran kieron kier keiran
kimberley kim
laura lauren laurie loz
lawrence larry laurie laurence loz
leonard len lenny leo
leslie les lesley
lewis lew louis lou louie
linda lin lindy lynda
louise lou
lucy lu luce
lukasz luke lucas luka
lynn lyn lynne
magdalena magda lena maggie
malcolm mal malc
margaret maggie meg peggy marge madge mags margie greta marg
maria marie mary
marion marian
martin mart marty martyn
mary molly polly maria marie may
matilda tilly mattie
matthew matt matty mateusz mathew
maureen mo
maxwell max
maximilian max
megan meg
melanie mel
melissa mel lissa
michael mike mick micky mickey mikey michal mikhail mykhailo micheal
michelle shell chelle
mohammed mohammad muhammad mohamed mo mohd muhammed mohamad muhamad mohamud moh
nadine nads
natalie nat natalia
natasha tash tasha nat
nathaniel nate nat nathan
nicholas nick nicky nico nicolas nik
nicola nicky nikki nic
nigel nige
norman norm
oliver ollie olly
olivia liv livvy ollie
oluwaseun olu seun
olufunke olu funke
olumide olu mide
olusegun olu segun
pamela pam
patricia pat trish tricia patsy patti
patrick pat paddy padraig paddie
paul paulie pawel
penelope penny pen
peter pete petey piotr petro
philip phil phillip pip
philippa pip pippa
priscilla cilla
rachel rach rachael
raymond ray
rebecca becky becca bex beck
reginald reg reggie
richard rich rick ricky dick richie rickie
robert rob bob bobby robbie bert robb
roderick rod roddy
rodney rod
ronald ron ronnie
rosemary rose rosie
russell russ
samantha sam sammy
samuel sam sammy
sarah sara sal sally
sebastian seb
sharon shaz shazza
sidney sid
simon si
siobhan shivaun shevaun shivonne chevonne
sophia sophie sofia zofia
stanley stan
stephanie steph stephie steff
stephen steve stevie steven stefan ste
stuart stu stewart stew
susan sue suzie susie suze susanna suzanne susanne
teresa terry tess theresa tessa
terence terry tel terrance
theodore theo ted teddy
thomas tom tommy tomasz thom
timothy tim timmy
tracey trace tracy
valerie val
veronica ronnie vron
victor vic viktor
victoria vicky vic tori vicki vickie viki
vincent vince vinny vin
virginia ginny
walter wal walt wally
wilfred wilf
william bill billy will willy liam
winifred winnie
yvonne von
zachary zac zach zak
abdul abdool abdel
abdullah abdulla
ahmed ahmad ahmet
aisha ayesha aysha aishah ayesha aesha
amina aminah ameena
bilal billal
farooq faruk farouk
fatima fatimah fatema
hassan hasan
hussain hussein husain hossain hussien
ibrahim ebrahim abraham
imran emran
ismail ishmael esmail
khadija khadijah khadeeja
mariam maryam miriam marium
mustafa mustapha moustafa
nasir naseer
omar umar omer
rashid rasheed
said saeed sayed
usman osman uthman
yasmin yasmeen yasmine jasmine
yusuf yousuf yousef youssef yousaf yusef yosef
zainab zaynab zeinab
oksana oxana
olena elena helena yelena
iryna irina irena
kateryna katerina ekaterina katya katia
natalia nataliya nataliia natasha
serhii sergei sergiy serhiy
volodymyr vladimir vova
yuliia yuliya julia yulia
agnieszka aga agnes
katarzyna kasia kate
malgorzata gosia margaret
krzysztof krzys chris christopher
grzegorz greg gregory
bartosz bartek bart
aleksandra ola
joanna asia jo
barbara basia
"""

AMBIGUOUS_FORENAMES = words(
    "may june april august summer autumn hope joy faith rich sunny honey angel precious peace"
    " storm dawn will frank christian patience mercy candy rusty van guy chase sandy gene max ward"
    " sterling destiny heaven harmony prince king major ash rose robin crystal ruby amber ivy"
    " eve mo bill mark pat sue rob art drew jack miles dale dot reg ray glen dean earl royal sol"
    " gill mina mina don jay kit ben rex gus les perry austin chad jordan israel sky skye don"
    " jean grace pearl olive heather hazel iris lily poppy daisy violet holly bonnie sonny penny"
    " ion lee nick tom said ali nana in mel mia kane lance may jan art pip norm den cam stew"
    " trace char hal pen jac ant al tel mal nat nic von lin fran flo rod russ wal gabe ola asia"
    " bess nell si del em lu loz ste ed"
)
"""First names that are also words: taken for names only where the words around them say so."""


def _bits(lines: str) -> Mapping[str, float]:
    rows = (line.split(": ") for line in lines.strip().splitlines())
    return {name: float(bits) for bits, names in rows for name in names.split()}


def _nicknames(lines: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Each first name to the groups (named by their first) it may stand for."""
    groups: dict[str, set[str]] = {}
    for line in lines:
        names = line.split()
        for name in names:
            groups.setdefault(name, set()).add(names[0])
    return {name: frozenset(found) for name, found in groups.items()}


SURNAME_BITS = _bits(_SURNAMES)
FORENAME_BITS = _bits(_FORENAMES)
NICKNAMES = _nicknames(line for line in _NICKNAMES.strip().splitlines())
FORENAMES = frozenset(FORENAME_BITS) | words(_OTHER_FORENAMES) | frozenset(NICKNAMES)
