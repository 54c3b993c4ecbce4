// SPDX-License-Identifier: Apache-2.0
//
// A smaller grammar of simplified Chinese, which inflects nothing. All its characters are in GB18030's
// two-byte part.
#include "document/grammar.h"

namespace candor::document {

namespace {

constexpr Rule kRules[] = {
    {"d", "0|1|2|3|4|5|6|7|8|9"},
    {"d19", "1|2|3|4|5|6|7|8|9"},
    {"date", "{d19}月1{d}日|1{d19}日|202{d}年{d19}月|{d19}月2{d}日"},
    {"num", "{d19}{d}|{d19}{d}{d}|{d19}.{d}|{d19}{d}.{d}"},
    {"L", "甲|乙|丙|丁|戊|己|庚|辛|壬|癸"},
    {"ref", "{L}字{d}{d}{d}号|{L}{d}{d}-{d}{d}|{L}{L}第{d}{d}{d}号"},
    {"c1", "云|白|青|石|沙|远|平|临|柏|松|南|北|东|西|金|银|铜|雁|鹤|鹭|芦|荻|枫|梅|竹|兰|霜|雪|雾|潮|浪|月"},
    {"c2", "山|河|湾|港|浦|岭|洲|滩|屿|岬|川|溪|塘|堤|桥|坊|渡|关|台|原|谷|泽|陵|岸|门|湖|井|坞|埠|矶"},
    {"c3", "镇|站|岛|码头|灯塔|船闸|县|水道|仓库|村|航道|码头区"},
    {"place", "{c1}{c2}{c3}|{c1}{c1}{c2}|{c1}{c2}{c1}{c3}"},
    {"surname", "欧阳|司徒|尉迟|宇文|慕容|端木|澹台|公冶|钟离|闻人|东方|赫连|皇甫|濮阳|淳于|单于|太叔|申屠"},
    {"given", "{g1}{g2}|{g2}{g1}"},
    {"g1", "文|志|思|子|若|慕|怀|守|敬|知|行|静|远|宁|致"},
    {"g2", "舟|澄|岚|川|彦|溪|樵|砚|松|泊|棠|蘅|珩|朔|霁"},
    {"family", "{surname}{given}"},
    {"person", "{surname}{given}|{surname}处长|{surname}{given}站长|{surname}工程师"},
    {"duty", "潮汐|灯标|电缆|印信|账册|浮标|航图|气象|船闸|缆绳|测深|函件"},
    {"post", "{duty}处处长|{duty}科科长|{duty}督察"},
    {"agency", "{c1}{c2}{duty}管理局|{duty}与{duty}办公室|{c1}{c2}{duty}研究所"},
    {"code", "“{codefirst}{codelast}”"},
    {"codefirst", "静水|铜灯|寒针|纸鹭|盐园|空谷|冬梭|琥珀|青麻|苦艾|灰鸽|朱砂"},
    {"codelast", "工程|计划|方案|行动|专项"},
    {"adj",
     "旧|新|空|深|浅|长|短|重|轻|宽|窄|高|低|干|湿|冷|热|铁|木|石|临时|备用|常规|特种|老式|新式|双层|单层|"
     "防水|密封|移动|固定|露天|地下|水下|近岸|远程|年度|季度|小型|大型|废弃|损坏|可靠|模糊|完整|局部|额外|"
     "私人"},
    {"noun",
     "账册|航图|浮标|缆绳|信号灯|绞车|木箱|铁锚|风标|闸门|仓单|船票|电缆|水泵|罗盘|油灯|石堤|砖窑|煤栈|渡船|"
     "驳船|天线|量具|表格|样品|图纸|合同|发票|封条|印章|钥匙|抽屉|阁楼|地窖|走廊|屋顶|烟囱|水塔|锅炉|齿轮|"
     "轴承|阀门|管道|水位|流速|潮位|盐度|泥沙|航线|锚地|信件|电报|证词|名册|日程|预算|余款|押金|利息|税单"},
    {"measure", "件|批|册|箱|处|份|组|套|台|座|条|张"},
    {"verb",
     "检查了|更换了|登记了|运走了|隐藏了|测量了|修复了|比较了|转交了|封存了|拆除了|抄录了|延长了|否认了|"
     "购入了|租用了|绘制了|批准了|取消了|核对了|忽略了|扩大了|清空了|遗失了|归还了|拍摄了|估算了|推迟了"},
    {"adv", "悄悄|曾经|再次|部分|仔细|匆忙|正式|私下|多次|尚未|逐一|共同|临时|提前|照例|勉强"},
    {"np", "{num}{measure}{adj}{noun}|{adj}{noun}|{place}的{adj}{noun}|{ref}{noun}|{noun}与{adj}{noun}"},
    {"sentence",
     "{person}于{date}在{place}{verb}{np}。|{date}，{place}{adv}{verb}{np}，{person}{verb}{np}。|"
     "据{ref}，{person}{adv}{verb}{np}。|{place}现有{np}，另有{np}。|{np}由{person}{adv}保管，见{ref}。|"
     "{person}说，{place}的{noun}比{np}{adj}{num}倍。"},
    {"guarded_sentence",
     "{sentence}|{sentence}|{code}{adv}{verb}{np}，{place}{verb}{np}。|"
     "{person}在{place}为{code}{verb}{np}。"},
    {"harmless_sentence", "{sentence}"},
    {"guarded_title", "关于{code}在{place}的报告|{place}{adj}{noun}评估|{ref}{noun}调查纪要"},
    {"harmless_title", "{place}{adj}{noun}随笔"},
    {"guarded_heading", "{place}的{adj}{noun}|{code}进展|{ref}与{noun}|{adj}{noun}的来源"},
    {"harmless_heading", "{adj}{noun}与{noun}"},
    {"caption", "表{d19}{d}：{place}{adj}{noun}"},
    {"column", "{adj}{noun}|{noun}{ref}"},
    {"cell", "{place}|{num}{measure}|{ref}|{family}|{adj}{noun}"},
    {"stem", "{plainstem}-{d}{d}{d}"},
    {"plainstem", "baogao|jiyao|pinggu|mingdan|yusuan|qingdan|fangan|tongzhi|diaocha|riji"},
};

}  // namespace

const Grammar& chinese() {
  static const Grammar grammar(kRules);
  return grammar;
}

}  // namespace candor::document
