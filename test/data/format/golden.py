# Writes numpy.golden.json and media.golden.json: what NumPy 1.24, Pillow 9.4 and audioop of Python 3.11 make of small arrays,
# images and sounds, for tests to compare with. Run it in this folder.
import numpy as np, io, base64, json, struct, warnings, audioop
from PIL import Image
b64=lambda b: base64.b64encode(b).decode()
out={}
def save(a,version=None):
    f=io.BytesIO(); np.lib.format.write_array(f,a,version=version); return b64(f.getvalue())
V={'b1':[True,False,True,True,False,False],'i1':[-128,-1,0,1,2,127],'u1':[0,1,2,127,128,255],'i2':[-32768,-2,0,1,258,32767],'u2':[0,1,258,32767,32768,65535],
'i4':[-2**31,-2,0,1,16909060,2**31-1],'u4':[0,1,16909060,2**31-1,2**31,2**32-1],'i8':[-2**53+1,-2,0,1,72623859790382,2**53-1],'u8':[0,1,2,3,72623859790382,2**53-1],
'f2':[-65504,-0.333251953125,0,6.103515625e-05,5.960464477539063e-08,np.inf],'f4':[-1.5,0.1,0,1e-40,3.4028234663852886e38,-np.inf],'f8':[-1.5,0.1,0,5e-324,1.7976931348623157e308,np.nan]}
arr=[]
for k,v in V.items():
    for o in ('<','>'):
        if k[1]=='1' and o=='>': continue
        for fo in (False,True):
            a=np.array(v,dtype=o+k).reshape(2,3)
            if fo: a=np.asfortranarray(a)
            if fo and k not in('i2','f8'): continue
            arr.append({'type':a.dtype.str,'fortran':fo,'bytes':save(a),'values':[None if x!=x else ('inf' if x==np.inf else '-inf' if x==-np.inf else (float(x) if k[0]=='f' else int(x))) for x in a.ravel(order='C').tolist()]})
for o in '<>':
  for k in ('c8','c16'):
    a=np.asfortranarray(np.array([1+2j,-3.5j,4,0.25-1j,5j,6],dtype=o+k).reshape(3,2))
    arr.append({'type':a.dtype.str,'fortran':True,'bytes':save(a),'values':[float(t) for z in a.ravel(order='C') for t in (z.real,z.imag)]})
out['arrays']=arr
out['scalar']=save(np.array(2.5)); out['empty']=save(np.zeros((3,0,2)))
warnings.simplefilter('ignore')
out['versions']=[save(np.arange(4,dtype='<i4'),v) for v in ((1,0),(2,0),(3,0))]
out['object']=b64((lambda f:(np.save(f,np.array([{'a':1},None],dtype=object),allow_pickle=True),f.getvalue())[1])(io.BytesIO()))
out['text']=save(np.array(['ab','cde'])); out['bytes']=save(np.array([b'ab'])); out['date']=save(np.array(['2020-01-01'],dtype='datetime64[us]')); out['longdouble']=save(np.array([1],dtype=np.longdouble))
r=np.zeros(3,dtype=np.dtype([('t','<i8'),('x','>i2'),('p','u1')],align=True)); r['t']=[1,2,2**40]; r['x']=[-1,300,5]; r['p']=[0,1,255]
out['records']=save(r)
n=np.zeros(1,dtype=[('a','<i4'),('b','<f4',(2,))]); out['subarray']=save(n)
u=np.zeros(1,dtype=[('grü','<i4')]); out['unicode']=save(u)
for nm,fn in (('stored',np.savez),('deflated',np.savez_compressed)):
    f=io.BytesIO(); fn(f,spikes=np.arange(12,dtype='u1').reshape(3,4),rate=np.float32(0.5)); out[nm]=b64(f.getvalue())
json.dump(out,open('numpy.golden.json','w'))
# sound
out={'ulaw':b64(audioop.ulaw2lin(bytes(range(256)),2)),'alaw':b64(audioop.alaw2lin(bytes(range(256)),2))}
# images
rng=np.random.default_rng(1)
def png(im,**k):
    f=io.BytesIO(); im.save(f,'PNG',**k); return b64(f.getvalue())
P={}
g=rng.integers(0,256,(5,7),dtype=np.uint8); P['grey']=(png(Image.fromarray(g)),[7,5,1],g.ravel().tolist())
g=rng.integers(0,65536,(3,5)).astype(np.uint16); P['grey16']=(png(Image.fromarray(g)),[5,3,1],g.ravel().tolist())
g=rng.integers(0,256,(4,3,3),dtype=np.uint8); P['rgb']=(png(Image.fromarray(g)),[3,4,3],g.ravel().tolist())
g=rng.integers(0,256,(4,3,4),dtype=np.uint8); P['rgba']=(png(Image.fromarray(g,'RGBA')),[3,4,4],g.ravel().tolist())
g=rng.integers(0,256,(4,3,2),dtype=np.uint8); P['la']=(png(Image.fromarray(g,'LA')),[3,4,2],g.ravel().tolist())
g=rng.integers(0,2,(4,11),dtype=np.uint8); P['bilevel']=(png(Image.fromarray(g*255).convert('1')),[11,4,1],(g*255).ravel().tolist())
i=rng.integers(0,5,(4,5),dtype=np.uint8); pal=rng.integers(0,256,(5,3),dtype=np.uint8); im=Image.fromarray(i,'P'); im.putpalette(pal.ravel().tolist()); P['palette']=(png(im),[5,4,3],pal[i].ravel().tolist())
P['palette4']=(png(im,bits=4),[5,4,3],pal[i].ravel().tolist())
a=[0,10,128,255,255]; pa=np.concatenate([pal,np.array(a,dtype=np.uint8)[:,None]],1); P['transparent']=(png(im,transparency=bytes(a[:3])),[5,4,4],pa[i].ravel().tolist())
out['png']=P
J={}
y,x=np.mgrid[0:20,0:27]
rgb=np.stack([127+100*np.sin(x/5),127+100*np.cos(y/6),(x*5+y*3)%256 *0.8],-1).astype(np.uint8)
def jpg(im,**k):
    f=io.BytesIO(); im.save(f,'JPEG',**k); b=f.getvalue(); d=np.asarray(Image.open(io.BytesIO(b)).convert(im.mode if im.mode!='CMYK' else 'RGB')); return (b64(b),[d.shape[1],d.shape[0],1 if d.ndim==2 else d.shape[2]],b64(d.tobytes()))
J['colour']=jpg(Image.fromarray(rgb),quality=90,subsampling=0)
J['progressive']=jpg(Image.fromarray(rgb),quality=90,subsampling=0,progressive=True)
J['halved']=jpg(Image.fromarray(rgb),quality=90,subsampling=2)
J['grey']=jpg(Image.fromarray(rgb[...,0]),quality=90)
out['jpeg']=J
json.dump(out,open('media.golden.json','w'))
